// A stretch of time over which records of many exchanges are made.
#pragma once

#include "base/time.hpp"

namespace podsnoop {

struct Interval {
    Time start;
    Nanoseconds length;
};

}  // namespace podsnoop
