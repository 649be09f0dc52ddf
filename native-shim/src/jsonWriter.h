/*
 * jsonWriter.h - JSON text, written from the beginning to the end. Text may be any bytes: what is not UTF-8 becomes
 * U+FFFD, one for each maximal part of a damaged character (as browsers and Node do). Numbers are int64 and finite
 * doubles; JSON has no others.
 */
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine_shim {

class JsonWriter {
public:
    JsonWriter &beginObject() { return open('{'); }
    JsonWriter &endObject() { return close('}'); }
    JsonWriter &beginArray() { return open('['); }
    JsonWriter &endArray() { return close(']'); }

    JsonWriter &key(std::string_view name) {
        separate();
        appendText(name);
        mText += ':';
        mNeedsComma = false;
        return *this;
    }

    JsonWriter &text(std::string_view value) {
        separate();
        appendText(value);
        return done();
    }
    JsonWriter &number(int64_t value) {
        separate();
        mText += std::to_string(value);
        return done();
    }
    JsonWriter &real(double value) {
        separate();
        if (!std::isfinite(value)) {
            mText += "null";
            return done();
        }
        char digits[32];
        std::snprintf(digits, sizeof(digits), "%.17g", value);
        for (char &c : digits) {
            if (c == ',') {
                c = '.'; /* a locale's decimal comma */
            }
        }
        mText += digits;
        return done();
    }
    JsonWriter &boolean(bool value) {
        separate();
        mText += value ? "true" : "false";
        return done();
    }
    JsonWriter &null() {
        separate();
        mText += "null";
        return done();
    }
    JsonWriter &number(const std::optional<int64_t> &value) { return value ? number(*value) : null(); }
    JsonWriter &boolean(const std::optional<bool> &value) { return value ? boolean(*value) : null(); }
    JsonWriter &numbers(const std::vector<int64_t> &values) {
        beginArray();
        for (const int64_t value : values) {
            number(value);
        }
        return endArray();
    }

    const std::string &str() const noexcept { return mText; }

private:
    void separate() {
        if (mNeedsComma) {
            mText += ',';
        }
        mNeedsComma = false;
    }
    JsonWriter &done() {
        mNeedsComma = true;
        return *this;
    }
    JsonWriter &open(char bracket) {
        separate();
        mText += bracket;
        return *this;
    }
    JsonWriter &close(char bracket) {
        mText += bracket;
        return done();
    }

    void appendText(std::string_view value) {
        mText += '"';
        for (size_t i = 0; i < value.size();) {
            const auto byte = static_cast<unsigned char>(value[i]);
            if (byte >= 0x80) {
                bool isWhole = false;
                const size_t length = characterLength(value.substr(i), isWhole);
                if (isWhole) {
                    mText.append(value, i, length);
                } else {
                    mText += "\xef\xbf\xbd";
                }
                i += length;
                continue;
            }
            i += 1;
            if (byte == '"' || byte == '\\') {
                mText += '\\';
                mText += static_cast<char>(byte);
            } else if (byte < 0x20 || byte == 0x7f) {
                char escape[8];
                std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned int>(byte));
                mText += escape;
            } else {
                mText += static_cast<char>(byte);
            }
        }
        mText += '"';
    }

    /* Bytes of the character that text begins with, or of its beginning when it is damaged (table 3-7 of the Unicode
     * standard). text begins with a byte of 0x80 or above. */
    static size_t characterLength(std::string_view text, bool &isWhole) noexcept {
        isWhole = false;
        const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
        const unsigned char first = at(0);
        unsigned char low = 0x80;
        unsigned char high = 0xbf;
        size_t length = 0;
        if (first >= 0xc2 && first <= 0xdf) {
            length = 2;
        } else if (first >= 0xe0 && first <= 0xef) {
            length = 3;
            low = first == 0xe0 ? 0xa0 : low;
            high = first == 0xed ? 0x9f : high;
        } else if (first >= 0xf0 && first <= 0xf4) {
            length = 4;
            low = first == 0xf0 ? 0x90 : low;
            high = first == 0xf4 ? 0x8f : high;
        } else {
            return 1;
        }
        for (size_t i = 1; i < length; ++i) {
            if (i >= text.size() || at(i) < low || at(i) > high) {
                return i;
            }
            low = 0x80;
            high = 0xbf;
        }
        isWhole = true;
        return length;
    }

    std::string mText;
    bool mNeedsComma = false;
};

} // namespace engine_shim
