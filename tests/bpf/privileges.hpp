// What a test does that cannot run here: it says why, and is counted.
#pragma once

#include <cstdio>
#include <string>

extern int skipped_cases;

inline void skip_case(const std::string& why) {
    ++skipped_cases;
    std::printf("skipped: %s\n", why.c_str());
}

/// Unwraps a Result that needs root, or leaves the test case.
#define NEEDS(result)                       \
    if (!(result)) {                        \
        skip_case((result).error().line()); \
        return;                             \
    }
