#include "node/thread.hpp"

#include <pthread.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "node/reason.hpp"

namespace podsnoop {

Result<std::jthread> start_thread(const std::string& what, std::function<void(const std::stop_token&)> run) {
    // A thread inherits its signal mask, so that there is no moment in which it could take one.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::jthread started;
    std::error_code error;
    try {
        started = std::jthread(std::move(run));
    } catch (const std::system_error& failed) {
        error = failed.code();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error) return fail(what, "thread", reason_of(error.value()));
    return started;
}

}  // namespace podsnoop
