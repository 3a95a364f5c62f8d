// What a BPF program takes for constant is set here, before it is loaded.
#pragma once

namespace podsnoop {

/// A constant of a program that is not loaded yet. The skeleton says const volatile, since the program may not write it; until
/// the kernel has a copy it is ours.
template <class T>
T& settable(const volatile T& constant) {
    return const_cast<T&>(constant);  // NOLINT(cppcoreguidelines-pro-type-const-cast): see above
}

}  // namespace podsnoop
