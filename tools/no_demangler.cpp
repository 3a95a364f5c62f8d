// What libstdc++ does with an exception that nobody catches, without the name of its type, which would cost it a demangler
// of 48 kB. Errors that podsnoop expects are values, so that this is out of memory or a bug.
#include <cstdlib>
#include <exception>
#include <string_view>

#include <unistd.h>

namespace __gnu_cxx {

// The name is libstdc++'s own, and what std::set_terminate() has before anybody sets another.
void __verbose_terminate_handler();  // NOLINT(bugprone-reserved-identifier)

void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier)
    std::string_view what = "nothing that was thrown";
    const std::exception_ptr error = std::current_exception();  // keeps what it says
    if (error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& exception) {
            what = exception.what();
        } catch (...) {
            what = "an error it did not expect";
        }
    }
    for (const std::string_view part : {std::string_view("podsnoop: ended by "), what, std::string_view("\n")})
        if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
    std::abort();
}

}  // namespace __gnu_cxx
