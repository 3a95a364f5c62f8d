/* What runs in the pause container, which holds a pod's namespaces as long as the pod is there. */
#include <unistd.h>

int main(void) {
    for (;;) pause();
}
