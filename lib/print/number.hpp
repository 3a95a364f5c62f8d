// Numbers with a fraction, as programs and as people read them.
#pragma once

#include <string>

namespace podsnoop {

/// The shortest decimal number that reads back as this one, without an exponent: "12", "0.0625", "1.0202020202020203".
/// Fit for JSON and CSV. It has to be finite.
void append_number(std::string& out, double number);

/// Three digits of a number a second, in at most 7 columns: "0.05", "1.20", "12.3", "4321", "12.3k", "1.20M". Below
/// 0.01 it is "<0.01".
void append_rate(std::string& out, double rate);

}  // namespace podsnoop
