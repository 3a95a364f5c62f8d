// Records as CSV (RFC 4180, lines ended by "\n"): nested fields flattened, null an empty field.
#pragma once

#include <string>

#include "event/exchange.hpp"
#include "event/fields_http.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

class CsvPrinter {
  public:
    explicit CsvPrinter(ExchangeExtras extras) : extras_(extras) {}
    void header(std::string& out) const;
    void print(std::string& out, const Exchange& exchange);

  private:
    ExchangeExtras extras_;
    TextCache cache_;
};

}  // namespace podsnoop
