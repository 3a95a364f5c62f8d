// Records as a table for people: aligned, cut to the terminal, coloured by how it went.
#pragma once

#include <string>
#include <string_view>

#include "event/exchange.hpp"
#include "print/layout.hpp"
#include "print/options.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

class TablePrinter {
  public:
    explicit TablePrinter(const PrintOptions& options);
    void header(std::string& out) const;
    void print(std::string& out, const Exchange& exchange);

  private:
    void append_details(std::string& out, std::string_view prefix, const Message& message);

    PrintOptions options_;
    Layout layout_;
    std::string cell_;  // one cell's text on its way; its capacity is what is kept
    TextCache cache_;
};

}  // namespace podsnoop
