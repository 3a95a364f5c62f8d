// The main function of the tests that need the kernel. Without the privileges each case says why it was
// skipped; the last line counts them.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "privileges.hpp"

int skipped_cases = 0;

int main(int argc, char** argv) {
    const int status = doctest::Context(argc, argv).run();
    if (skipped_cases != 0) std::printf("%d skipped\n", skipped_cases);
    return status;
}
