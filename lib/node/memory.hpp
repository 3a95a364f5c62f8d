// Memory that is not needed any more.
#pragma once

namespace podsnoop {

/// Gives back free memory, and the pages of this program that were run or read: where it has just done what it does seldom.
/// Those that are needed again are mapped again, from the page cache, some 30 times 16 of them.
void give_back_memory();

}  // namespace podsnoop
