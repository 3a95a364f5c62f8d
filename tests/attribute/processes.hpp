// Processes and cgroups for a test, gone with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace podsnoop {

inline constexpr const char* first_pod = "0a1b2c3d-0000-4000-8000-000000000001";
inline constexpr const char* second_pod = "0a1b2c3d-0000-4000-8000-000000000002";

/// A container's cgroup as the kubelet and a runtime name it, in cgroup v2.
class TestCgroup {
  public:
    static Result<TestCgroup> make(const std::string& pod_uid);
    TestCgroup(TestCgroup&&) = default;
    ~TestCgroup();

    [[nodiscard]] const std::string& folder() const { return folders_.back(); }
    [[nodiscard]] std::string path() const { return folder().substr(mount_.size()); }  ///< below the mount

  private:
    TestCgroup() = default;
    std::string mount_;
    std::vector<std::string> folders_;  ///< those made, outermost first
};

/// A child of the test, with all it has open, until it goes.
class TestProcess {
  public:
    /// It goes into a cgroup (where one is named), does `first`, and waits. Ready when this returns.
    static TestProcess start(const std::string& cgroup_folder, const std::function<void()>& first = [] {});
    TestProcess(TestProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
    ~TestProcess();

    [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }

  private:
    explicit TestProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_ = 0;
};

}  // namespace podsnoop
