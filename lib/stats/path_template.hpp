// Paths with what looks like an id collapsed, so that requests for one kind of thing are one row.
#pragma once

#include <string>
#include <string_view>

namespace podsnoop {

/// "/orders/123/items" gives "/orders/*/items". In each segment these become `*`: digits; UUIDs; at least eight hex
/// digits, one of them decimal; dates and times (RFC 3339); 20 letters and digits or more with two digits among them
/// (ULIDs, tokens). Also where a short extension follows ("/img/*.png") or words with a `-` or `_` come before
/// ("/order-*"). Parameters behind a `;` are left out.
std::string path_template(std::string_view path);

}  // namespace podsnoop
