// Counts the process creations of each process name with simdjson On-Demand.
//
//   peer FOLDER THREADS OUT [unordered]
//
// Fields are asked for in the order they have in the files, the event ID as soon
// as it can be; "unordered" asks in any order. One thread reads a file at a time.
#include <simdjson.h>

#include <atomic>
#include <climits>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <cwctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>
#include <fcntl.h>
#include <unistd.h>

namespace od = simdjson::ondemand;

struct Seen {
  long count = 0;
  std::string first, last, path;

  void add(long n, std::string_view from, std::string_view to, std::string_view where) {
    if (count == 0 || from < first) first = from;
    if (count == 0 || to > last) last = to;
    if (count == 0 || where < path) path = where;
    count += n;
  }
};

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
struct Same {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};
template <class V> using Map = std::unordered_map<std::string, V, Hash, Same>;

// lower-cases UTF-8 by the locale's tables. It is called once for a spelling.
static std::string lower(std::string_view s) {
  std::string t;
  std::mbstate_t in{}, out{};
  char bytes[MB_LEN_MAX];
  for (size_t i = 0; i < s.size();) {
    wchar_t c;
    size_t n = std::mbrtowc(&c, s.data() + i, s.size() - i, &in);
    if (n == 0 || n > s.size()) throw std::runtime_error("a name that is not UTF-8, or holds a NUL");
    i += n;
    t.append(bytes, std::wcrtomb(bytes, std::towlower(c), &out));
  }
  return t;
}

struct Table {
  Map<std::unique_ptr<Seen>> names;
  Map<Seen *> spellings;

  Seen &named(const std::string &name) {
    auto &s = names[name];
    if (!s) s = std::make_unique<Seen>();
    return *s;
  }
  Seen &find(std::string_view process) {
    if (auto it = spellings.find(process); it != spellings.end()) return *it->second;
    return *(spellings[std::string(process)] = &named(lower(process)));
  }
};

template <bool ordered> static auto field(od::object &o, const char *key) {
  if constexpr (ordered) return o.find_field(key);
  return o.find_field_unordered(key);
}

template <bool ordered> static void line(od::parser &parser, const char *at, size_t size, size_t room, Table &t) {
  od::document doc = parser.iterate(at, size, room);
  od::object o = doc.get_object();
  std::string_view time, path, process;
  if constexpr (ordered) time = field<ordered>(o, "TimeGenerated");
  if (int64_t(field<ordered>(o, "EventID")) != 4688) return;
  if constexpr (!ordered) time = field<ordered>(o, "TimeGenerated");
  path = field<ordered>(o, "NewProcessName");
  process = field<ordered>(o, "Process");
  t.find(process).add(1, time, time, path);
}

static std::vector<char> bytes(const std::string &path, size_t &size) {
  int f = open(path.c_str(), O_RDONLY);
  if (f < 0) throw std::runtime_error(path);
  size = std::filesystem::file_size(path);
  std::vector<char> data(size + simdjson::SIMDJSON_PADDING);
  size_t n = 0;
  while (n < size) {
    ssize_t got = read(f, data.data() + n, std::min<size_t>(size - n, 1 << 20));
    if (got <= 0) throw std::runtime_error(path);
    n += got;
  }
  close(f);
  return data;
}

template <bool ordered> static void file(const std::string &path, od::parser &parser, Table &t) {
  size_t size;
  std::vector<char> data = bytes(path, size);
  for (size_t from = 0; from < size;) {
    const char *end = static_cast<const char *>(memchr(data.data() + from, '\n', size - from));
    size_t to = end ? end - data.data() : size;
    if (to > from) line<ordered>(parser, data.data() + from, to - from, data.size() - from, t);
    from = to + 1;
  }
}

static void quote(FILE *f, const std::string &s) {
  fputc('"', f);
  for (unsigned char c : s) {
    if (c == '"' || c == '\\') fprintf(f, "\\%c", c);
    else if (c < 0x20) fprintf(f, "\\u%04x", c);
    else fputc(c, f);
  }
  fputc('"', f);
}

static void write(Table &t, const char *out) {
  FILE *f = fopen(out, "w");
  if (!f) throw std::runtime_error(out);
  for (auto &[name, s] : t.names) {
    fputs("{\"name\":", f); quote(f, name);
    fprintf(f, ",\"count\":%ld,\"first\":\"%s\",\"last\":\"%s\",\"path\":", s->count, s->first.c_str(), s->last.c_str());
    quote(f, s->path); fputs("}\n", f);
  }
  fclose(f);
}

int main(int argc, char **argv) try {
  if (argc == 2 && !strcmp(argv[1], "--version")) {
    printf("simdjson %d.%d.%d, %s kernel\n", int(simdjson::SIMDJSON_VERSION_MAJOR), int(simdjson::SIMDJSON_VERSION_MINOR), int(simdjson::SIMDJSON_VERSION_REVISION), simdjson::get_active_implementation()->name().c_str());
    return 0;
  }
  if (argc < 4) return 2;
  if (!std::setlocale(LC_CTYPE, "C.UTF-8")) throw std::runtime_error("no locale C.UTF-8");
  std::vector<std::string> files;
  for (auto &e : std::filesystem::recursive_directory_iterator(argv[1]))
    if (e.is_regular_file() && e.path().extension() == ".json") files.push_back(e.path());
  auto each = argc > 4 ? file<false> : file<true>;
  int threads = atoi(argv[2]);
  std::vector<Table> tables(threads);
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; i++)
    pool.emplace_back([&, i] {
      od::parser parser;
      try {
        for (size_t k; (k = next++) < files.size();) each(files[k], parser, tables[i]);
      } catch (std::exception &e) {
        fprintf(stderr, "simdjson peer: %s\n", e.what());
        failed = true;
      }
    });
  for (auto &p : pool) p.join();
  if (failed) return 1;
  for (int i = 1; i < threads; i++)
    for (auto &[name, s] : tables[i].names) tables[0].named(name).add(s->count, s->first, s->last, s->path);
  write(tables[0], argv[3]);
} catch (std::exception &e) {
  fprintf(stderr, "simdjson peer: %s\n", e.what());
  return 1;
}
