// The least HTTP server that can misbehave in the ways a mirror does: one thread, 127.0.0.1, a port of the
// system's choice.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

class HttpServer {
 public:
  struct Answer {
    int status = 200;
    std::string body;
    std::size_t missing = 0;    // bytes promised by Content-Length and never sent
    std::string location = {};  // for redirects
  };

  explicit HttpServer(std::map<std::string, Answer> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
      throw std::runtime_error("no local server");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_).append(path);
  }
  int n_requests() const { return n_requests_; }

 private:
  void serve() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      ++n_requests_;
      answer(client);
      ::close(client);
    }
  }

  void answer(int client) {
    std::string request;
    char buffer[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(client, buffer, sizeof(buffer), 0);
      if (got <= 0) return;
      request.append(buffer, static_cast<std::size_t>(got));
    }
    const std::size_t begin = request.find(' ') + 1;
    const auto found = answers_.find(request.substr(begin, request.find(' ', begin) - begin));
    const Answer answer = found == answers_.end() ? Answer{404, "nothing here"} : found->second;
    std::string reply =
        "HTTP/1.1 " + std::to_string(answer.status).append(" Answer\r\nConnection: close\r\n");
    if (!answer.location.empty()) reply.append("Location: ").append(answer.location).append("\r\n");
    reply.append("Content-Length: ")
        .append(std::to_string(answer.body.size() + answer.missing))
        .append("\r\n\r\n");
    reply += answer.body;
    ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  std::map<std::string, Answer> answers_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> n_requests_{0};
  std::thread thread_;
};
