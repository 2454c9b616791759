#include "pin_directory.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "failure.h"

namespace tcpaccept {

namespace {

constexpr char kSession[] = "/session";
constexpr char kUnfinished[] = "/unfinished";

Failure refusal(const std::string& path, int errnum, const std::string& what) {
  return Failure("ERR_PIN", "pin", errnum, "--pin: " + path + " " + what);
}

Failure failed(const std::string& path, const std::string& step) {
  return refusal(path, errno, std::string("cannot be ") + step + " (" + strerror(errno) + ")");
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

void assert_bpf_filesystem(const std::string& path, const std::string& named) {
  struct statfs filesystem;
  if (statfs(path.c_str(), &filesystem) < 0) {
    if (errno != ENOENT) throw failed(path, "looked at");
    throw refusal(named, ENOENT, "cannot be made: there is no " + path);
  }
  if (filesystem.f_type != BPF_FS_MAGIC) {
    throw refusal(named, 0,
                  "is not on a BPF file system; mount -t bpf bpf /sys/fs/bpf makes one, where /sys/fs/bpf/NAME can be");
  }
}

std::vector<std::string> list(const std::string& path) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (!directory) return names;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());  // link_ before map_: what fills the maps ends first
  return names;
}

// False when there was something else than files and empty directories in it.
bool remove_directory(const std::string& path) {
  for (const std::string& name : list(path)) unlink((path + "/" + name).c_str());
  return rmdir(path.c_str()) == 0;
}

// "process 123", as /proc/locks has it: "1: FLOCK  ADVISORY  WRITE 123 00:1f:456 0 EOF".
std::string holder_of(const struct stat& directory) {
  char place[64];
  snprintf(place, sizeof(place), "%02x:%02x:%lu", major(directory.st_dev), minor(directory.st_dev), directory.st_ino);
  std::ifstream locks("/proc/locks");
  std::string number, kind, advice, mode, pid, where, rest;
  while (locks >> number >> kind >> advice >> mode >> pid >> where && std::getline(locks, rest)) {
    if (kind == "FLOCK" && where == place) return "process " + pid;
  }
  return "a process of another pid namespace";
}

bool is_prefix(const std::string& prefix, const std::string& text) { return text.rfind(prefix, 0) == 0; }

bool is_our_name(const std::string& name) {
  return name == "settings" || is_prefix("map_", name) || is_prefix("link_", name) || is_prefix("note_", name);
}

}  // namespace

PinDirectory::PinDirectory(const std::string& path, bool make) : path_(path) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  hold(make);
  try {
    assert_ours();
    if (make) remove_directory(path_ + kUnfinished);
  } catch (const Failure&) {
    if (was_made_) rmdir(path_.c_str());
    throw;
  }
}

PinDirectory::~PinDirectory() {
  if (is_unfinished_) remove_directory(path_ + kUnfinished);
  if (was_made_ && !has_session()) rmdir(path_.c_str());
}

// Again when it was taken away between opening and locking.
void PinDirectory::hold(bool make) {
  for (;;) {
    if (make && access(path_.c_str(), F_OK) < 0 && errno == ENOENT) {
      assert_bpf_filesystem(parent_of(path_), path_);
      if (mkdir(path_.c_str(), 0700) == 0) {
        was_made_ = true;
      } else if (errno != EEXIST) {
        throw failed(path_, "made");
      }
    }
    directory_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory_ && errno == ENOENT && make) continue;
    if (!directory_ && errno == ENOENT) throw refusal(path_, ENOENT, "does not exist");
    if (!directory_) throw failed(path_, "opened as a directory");
    assert_bpf_filesystem(path_, path_);
    struct stat opened, there;
    if (fstat(directory_.get(), &opened) < 0) throw failed(path_, "looked at");
    if (flock(directory_.get(), LOCK_EX | LOCK_NB) < 0) {
      throw Failure("ERR_PIN_HELD", "pin", errno,
                    "--pin: " + path_ + " is in use by " + holder_of(opened) + ": stop it first");
    }
    if (stat(path_.c_str(), &there) == 0 && there.st_ino == opened.st_ino && there.st_dev == opened.st_dev) break;
    if (!make) throw refusal(path_, ENOENT, "does not exist");
    was_made_ = false;
  }
}

void PinDirectory::assert_ours() const {
  struct stat facts;
  if (fstat(directory_.get(), &facts) < 0) throw failed(path_, "looked at");
  for (const std::string& name : list(path_)) {
    if (name != kSession + 1 && name != kUnfinished + 1) {
      throw refusal(path_, 0, "holds " + name + ", which is not ours; name a directory that does not exist yet");
    }
    for (const std::string& pin : list(path_ + "/" + name)) {
      if (!is_our_name(pin)) {
        throw refusal(path_, 0, "holds " + name + "/" + pin + ", which is not ours; name another directory");
      }
    }
  }
  if (facts.st_uid != geteuid() || (facts.st_mode & 0777) != 0700) {
    char mode[8];
    snprintf(mode, sizeof(mode), "%04o", facts.st_mode & 07777);
    throw refusal(path_, 0,
                  std::string("has mode ") + mode + " and belongs to user " + std::to_string(facts.st_uid) +
                      "; it takes a directory of mode 0700 of one's own, or one that does not exist yet");
  }
}

bool PinDirectory::has_session() const { return access((path_ + kSession).c_str(), F_OK) == 0; }

void PinDirectory::begin() {
  const std::string unfinished = path_ + kUnfinished;
  if (mkdir(unfinished.c_str(), 0700) < 0) throw failed(unfinished, "made");
  is_unfinished_ = true;
}

void PinDirectory::add(const std::string& name, int fd) {
  if (bpf_obj_pin(fd, (path_ + kUnfinished + "/" + name).c_str()) == 0) return;
  const bool is_link = is_prefix("link_", name);
  throw refusal(path_, errno,
                name + " cannot be pinned there (" + strerror(errno) + ")" +
                    (is_link && errno == EINVAL ? ": pinning needs a kernel of 5.15 or later" : ""));
}

void PinDirectory::note(const std::string& name, const std::string& text) {
  const std::string link = path_ + kUnfinished + "/note_" + name;
  if (symlink(text.c_str(), link.c_str()) < 0) throw failed(link, "made");
}

void PinDirectory::finish() {
  if (rename((path_ + kUnfinished).c_str(), (path_ + kSession).c_str()) < 0) throw failed(path_ + kSession, "made");
  is_unfinished_ = false;
}

FileDescriptor PinDirectory::open(const std::string& name) const {
  FileDescriptor pinned(bpf_obj_get(session(name).c_str()));
  if (pinned) return pinned;
  throw refusal(path_, errno,
                "lacks " + name + " (" + strerror(errno) + "); otel-tcpaccept unpin " + path_ + " takes the rest away");
}

bool PinDirectory::has(const std::string& name) const {
  return faccessat(AT_FDCWD, session(name).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string PinDirectory::note_of(const std::string& name) const {
  char text[256];
  const ssize_t length = readlink(session("note_" + name).c_str(), text, sizeof(text));
  return length < 0 ? "" : std::string(text, length);
}

std::vector<std::string> PinDirectory::names() const { return list(path_ + kSession); }

void PinDirectory::remove(const std::string& name) const { unlink(session(name).c_str()); }

void PinDirectory::remove_all() {
  const std::string unfinished = path_ + kUnfinished;
  if (!has_session() && access(unfinished.c_str(), F_OK) < 0) throw refusal(path_, 0, "holds nothing of ours");
  remove_directory(unfinished);
  if (has_session() && rename((path_ + kSession).c_str(), unfinished.c_str()) < 0) {
    throw failed(path_ + kSession, "taken away");
  }
  if (has_session() || (access(unfinished.c_str(), F_OK) == 0 && !remove_directory(unfinished))) {
    throw failed(unfinished, "taken away");
  }
  was_made_ = false;
  rmdir(path_.c_str());  // a mount point stays
}

}  // namespace tcpaccept
