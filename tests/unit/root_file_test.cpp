#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "attribute/root_file.hpp"

using namespace podsnoop;
namespace fs = std::filesystem;

namespace {

/// A folder with a root directory in it, gone at the end.
class Folder {
  public:
    Folder() {
        std::string name = fs::temp_directory_path() / "podsnoop-root-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
        fs::create_directories(fs::path(root()) / "etc");
        std::ofstream(path_ + "/outside") << "outside";
        std::ofstream(root() + "/etc/inside") << "inside";
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }

    [[nodiscard]] std::string root() const { return path_ + "/root"; }
    [[nodiscard]] RootFile at(const std::string& path) const { return {root(), path}; }
    void link(const std::string& target, const std::string& path) const { fs::create_symlink(target, root() + path); }

  private:
    std::string path_;
};

}  // namespace

TEST_CASE("root file: links are followed as they are meant below the root, and never out of it") {
    const Folder folder;
    folder.link("/etc/inside", "/etc/absolute");
    folder.link("../etc/absolute", "/etc/relative");
    folder.link("/etc", "/folder");
    folder.link("../../../../outside", "/etc/out");
    folder.link("/etc/loop", "/etc/loop");
    for (const char* path : {"/etc/inside", "/etc/absolute", "/etc/relative", "/folder/inside"}) {
        CHECK_MESSAGE(read(folder.at(path), 6) == "inside", path);
        CHECK_MESSAGE(exists(folder.at(path)), path);
    }
    for (const char* path : {"/etc/out", "/etc/loop", "/../outside", "/etc/none"}) {
        CHECK_MESSAGE(!read(folder.at(path), 100), path);
        CHECK_MESSAGE(!exists(folder.at(path)), path);
    }
    CHECK(read(folder.at("/etc/none"), 100).error().line() ==
          "cannot read: " + folder.root() + "/etc/none: no such file or directory");
}

TEST_CASE("root file: only regular files of a bounded size are read, and nothing is waited for") {
    const Folder folder;
    CHECK(read(folder.at("/etc/inside"), 5).error().why == "it holds more than 5 bytes");
    CHECK(read(folder.at("/etc"), 100).error().why == "not a regular file");
    REQUIRE(::mkfifo((folder.root() + "/pipe").c_str(), 0600) == 0);
    CHECK(read(folder.at("/pipe"), 100).error().why == "not a regular file");
    CHECK_FALSE(exists(folder.at("/pipe")));
    CHECK_FALSE(exists(folder.at("/etc")));
    CHECK(read({"", "/dev/zero"}, 100).error().why == "not a regular file");
}
