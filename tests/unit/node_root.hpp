// A node's root directory in a temporary folder: files, links and processes as a test wants them.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace podsnoop {

class NodeRoot {
  public:
    NodeRoot() {
        std::string name = (std::filesystem::temp_directory_path() / "podsnoop-root-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
        folder("/proc");
    }
    NodeRoot(const NodeRoot&) = delete;
    NodeRoot& operator=(const NodeRoot&) = delete;
    ~NodeRoot() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::string& path() const { return path_; }

    void folder(const std::string& path) { std::filesystem::create_directories(path_ + path); }
    void file(const std::string& path, std::string_view content = {}) {
        folder(path.substr(0, path.rfind('/')));
        std::ofstream(path_ + path, std::ios::binary) << content;
    }
    void link(const std::string& path, const std::string& target) {
        folder(path.substr(0, path.rfind('/')));
        std::filesystem::create_symlink(target, path_ + path);
    }
    void remove(const std::string& path) { std::filesystem::remove_all(path_ + path); }

    struct Process {
        unsigned pid;
        std::string cgroup = "/";  ///< of cgroup v2
        unsigned netns = 1;
        unsigned started = 1;
        std::string comm = "app";
        char state = 'S';
    };
    void process(const Process& process) {
        const std::string proc = "/proc/" + std::to_string(process.pid);
        file(proc + "/cgroup", "0::" + process.cgroup + "\n");
        file(proc + "/stat", std::to_string(process.pid) + " (" + process.comm + ") " + process.state +
                                 " 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 " + std::to_string(process.started) +
                                 " 1000000 200 18446744073709551615\n");
        link(proc + "/ns/net", "net:[" + std::to_string(process.netns) + "]");
    }

  private:
    std::string path_;
};

}  // namespace podsnoop
