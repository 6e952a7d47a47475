// Small idx files made in memory.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

inline std::string idx_bytes(const std::vector<std::uint32_t>& shape, const std::string& content,
                             char type = 8) {
  std::string bytes{0, 0, type, static_cast<char>(shape.size())};
  for (const std::uint32_t extent : shape)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(extent >> shift & 0xFFU);
  return bytes + content;
}

inline std::string gzip(const std::string& content) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib");
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("zlib");
  return packed;
}

// n images of 2 x 3 pixels counting up from 0, and labels 0, 1, 2, ... below 10.
inline std::string image_bytes(std::uint32_t n) {
  std::string pixels;
  for (std::uint32_t i = 0; i < 6 * n; ++i) pixels += static_cast<char>(i);
  return idx_bytes({n, 2, 3}, pixels);
}
inline std::string label_bytes(std::uint32_t n) {
  std::string labels;
  for (std::uint32_t i = 0; i < n; ++i) labels += static_cast<char>(i % 10);
  return idx_bytes({n}, labels);
}
