#include "attribute/delivery.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "attribute/socket_owners.hpp"
#include "node/file.hpp"
#include "node/folder.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t process_limit = 65536, reader_limit = 64, descriptor_limit = 4096;
constexpr auto shortest_pause = 100ms;
constexpr int look_share = 100;  // looking takes at most one part in this of the time

bool is_pipe(const std::string& link) { return link.starts_with("pipe:["); }

}  // namespace

std::string Delivery::own_output() { return read_link("/proc/self/fd/1").value_or(""); }

void Delivery::look() {
    const auto begin = Clock::now();
    if (begin < next_look_) return;
    own_.clear();
    add_sockets(own_, "/proc/self");
    if (is_pipe(output_)) look_for_readers();
    const auto end = Clock::now();
    next_look_ = end + std::max<Clock::duration>(shortest_pause, (look_share - 1) * (end - begin));
}

void Delivery::look_for_readers() {
    struct Reader {
        std::uint32_t pid;
        std::string input;
    };
    std::vector<Reader> all;  // of any pipe
    const auto link = [&](std::uint32_t pid, const char* fd) {
        return read_link(root_ + "/proc/" + std::to_string(pid) + "/fd/" + fd).value_or("");
    };
    std::size_t looked_at = 0;
    for_each_number(root_ + "/proc", [&](std::uint32_t pid) {
        std::string input = link(pid, "0");
        if (is_pipe(input)) all.push_back({pid, std::move(input)});
        return ++looked_at < process_limit;
    });
    readers_.clear();
    std::vector<std::string> pipes{output_};
    for (std::size_t next = 0; next < pipes.size(); ++next) {
        for (const Reader& reader : all) {
            if (reader.input != pipes[next] || readers_.size() == reader_limit) continue;
            readers_.push_back(reader.pid);
            std::string output = link(reader.pid, "1");
            if (is_pipe(output) && std::ranges::find(pipes, output) == pipes.end()) pipes.push_back(std::move(output));
        }
    }
}

void Delivery::add_sockets(Inodes& to, const std::string& process) {
    std::size_t looked_at = 0;
    for_each_number(process + "/fd", [&](std::uint32_t fd) {
        const auto link = read_link(process + "/fd/" + std::to_string(fd));
        if (const auto inode = link ? inode_in_link(*link, "socket") : std::nullopt) to.insert(*inode);
        return ++looked_at < descriptor_limit;
    });
}

const Delivery::Inodes& Delivery::sockets() {
    look();
    sockets_ = own_;
    for (const std::uint32_t pid : readers_) add_sockets(sockets_, root_ + "/proc/" + std::to_string(pid));
    return sockets_;
}

}  // namespace podsnoop
