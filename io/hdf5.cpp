#include "io/hdf5.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "io/hdf5_internal.hpp"

namespace loci::io::hdf5 {
namespace {

// No file locks: what we read is either finished or a dead writer's.
Handle access_list() {
  Handle list(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(list.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);  // what appending needs
  H5Pset_file_locking(list.get(), false, true);
  // A reader of a file that is being appended to tries again when a checksum does not match, and waits twice
  // as long each time: for milliseconds with this number, for ever with the library's own, 100.
  H5Pset_metadata_read_attempts(list.get(), 20);
  return list;
}

Handle timeless(hid_t list_class) {
  Handle list(H5Pcreate(list_class), H5Pclose);
  H5Pset_obj_track_times(list.get(), false);
  return list;
}

// While it lives, objects that the library makes for itself hold no times.
class TimelessDefault {
 public:
  TimelessDefault() { H5Pset_obj_track_times(H5P_GROUP_CREATE_DEFAULT, false); }
  TimelessDefault(const TimelessDefault&) = delete;
  TimelessDefault& operator=(const TimelessDefault&) = delete;
  ~TimelessDefault() { H5Pset_obj_track_times(H5P_GROUP_CREATE_DEFAULT, true); }
};

void require_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw InputError(path.string(), "the file does not exist", "check the path");
  if (!std::filesystem::is_regular_file(status))
    throw InputError(path.string(), "this is not a file", "give the path of an HDF5 file");
  if (!is_hdf5(path)) throw InputError(path.string(), "this is not an HDF5 file", "give an HDF5 file");
}

}  // namespace

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
    closer_ = other.closer_;
  }
  return *this;
}

bool Handle::reset() noexcept {
  const Id id = std::exchange(id_, -1);
  return id < 0 || closer_ == nullptr || closer_(id) >= 0;
}

bool Group::exists(const std::string& path) const {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    if (H5Lexists(handle_.get(), path.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) break;
  }
  return H5Oexists_by_name(handle_.get(), path.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Group::names() const {
  std::vector<std::string> names;
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* user) -> herr_t {
    static_cast<std::vector<std::string>*>(user)->emplace_back(name);
    return 0;
  };
  reading(H5Literate(handle_.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), where_,
          "cannot list it");
  return names;
}

Group Group::group(const std::string& path) const {
  const std::string here = child(where_, path);
  if (!exists(path))
    throw InputError(here, "this group is missing", "use a complete file of the documented layout");
  return {
      Handle(reading(H5Gopen2(handle_.get(), path.c_str(), H5P_DEFAULT), here, "it is no group"), H5Gclose),
      here};
}

Dataset Group::dataset(const std::string& path) const {
  const std::string here = child(where_, path);
  if (!exists(path))
    throw InputError(here, "this data set is missing", "use a complete file of the documented layout");
  const Id id = H5Dopen2(handle_.get(), path.c_str(), H5P_DEFAULT);
  return {Handle(reading(id, here, "it is no data set"), H5Dclose), here};
}

Group Group::create_group(const std::string& name) {
  const std::string here = child(where_, name);
  const Handle list = timeless(H5P_GROUP_CREATE);
  const Id id = H5Gcreate2(handle_.get(), name.c_str(), H5P_DEFAULT, list.get(), H5P_DEFAULT);
  return {Handle(writing(id, here, "cannot create the group"), H5Gclose), here};
}

void Group::link(const std::string& child_name, const std::string& second_name) {
  const Id group = handle_.get();
  writing(H5Lcreate_hard(group, child_name.c_str(), group, second_name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
          child(where_, second_name), "cannot give it this name");
}

File::File(Handle file, const std::string& name) : file_(std::move(file)) {
  where_ = fmt::format("{}:/", name);
  handle_ =
      Handle(reading(H5Gopen2(file_.get(), "/", H5P_DEFAULT), name, "cannot open its root group"), H5Gclose);
}

File::~File() = default;

File File::create_with(const Handle& creation, const Handle& access, const std::string& name) {
  const Id id = H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get());
  return {Handle(writing(id, name, "cannot create the file"), H5Fclose), name};
}

File File::create(const std::filesystem::path& path) {
  silence();
  const Handle creation = timeless(H5P_FILE_CREATE);
  // What the library writes at once lies in one page of 4 KiB then, which a system writes whole even if the
  // program is killed: half of an index is none.
  H5Pset_file_space_strategy(creation.get(), H5F_FSPACE_STRATEGY_PAGE, false, 1);
  // Pages need an extension of the superblock, which the library makes from its own list, times included.
  const TimelessDefault no_times;
  return create_with(creation, access_list(), path.string());
}

File File::create_in_memory(const std::string& name) {
  silence();
  const Handle access = access_list();
  H5Pset_fapl_core(access.get(), std::size_t{1} << 20, false);
  // H5Fget_file_image gives newer superblocks a checksum that no reader accepts.
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  return create_with(timeless(H5P_FILE_CREATE), access, name);
}

File File::open(const std::filesystem::path& path) {
  silence();
  require_file(path);
  const Handle access = access_list();
  Id id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get());
  // A killed writer's mark makes a file open for readers of a living writer only.
  if (id < 0) id = H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.get());
  return {Handle(reading(id, path.string(), "cannot open the file"), H5Fclose), path.string()};
}

void File::start_appending() {
  writing(H5Fstart_swmr_write(file_.get()), where_, "cannot begin to append");
}

std::string File::image() {
  flush();
  const ssize_t size = H5Fget_file_image(file_.get(), nullptr, 0);
  std::string bytes(static_cast<std::size_t>(writing(size, where_, "cannot tell the file's size")), '\0');
  writing(H5Fget_file_image(file_.get(), bytes.data(), bytes.size()), where_, "cannot copy the file");
  return bytes;
}

void File::flush() {
  writing(H5Fflush(file_.get(), H5F_SCOPE_LOCAL), where_, "cannot write to the file");
}

void File::close() {
  if (!file_.valid()) return;
  flush();
  const bool closed = handle_.reset() && file_.reset();
  if (!closed) refuse_writing(where_, "cannot finish the file");
}

bool is_hdf5(const std::filesystem::path& path) {
  silence();
  return H5Fis_hdf5(path.c_str()) > 0;
}

}  // namespace loci::io::hdf5
