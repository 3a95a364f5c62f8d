// The C library's resolver, left out. A static program cannot resolve host names: glibc would load the machine's own
// libraries for it. Only OpenSSL names these functions, in parts of it that are never called, and here they say so.
#include <netdb.h>

// The names and the way they answer are getaddrinfo(3)'s and gethostbyname(3)'s.
extern "C" {

int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_FAIL; }

void freeaddrinfo(addrinfo*) noexcept {}

int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) { return EAI_FAIL; }

const char* gai_strerror(int) noexcept { return "host names are not resolved"; }

hostent* gethostbyname(const char*) {
    h_errno = NO_RECOVERY;
    return nullptr;
}

}  // extern "C"
