// podsnoop: the program. Finds the command and runs it.
#include <cstdio>

int main() {
    std::puts("podsnoop " PODSNOOP_VERSION);
    return 0;
}
