// Threads beside the one that prints.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.hpp"

namespace podsnoop {

/// Starts a thread that never takes a signal: those are for the one that prints. `what` cannot be done without it.
Result<std::jthread> start_thread(const std::string& what, std::function<void(const std::stop_token&)> run);

}  // namespace podsnoop
