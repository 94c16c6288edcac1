"""A slow hook: it answers PROCEED after this many seconds, and counts the requests."""
import http.server
import sys
import time

port, delay, log = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(log, "a") as asked:
            asked.write(f"{self.path}\n")
        time.sleep(delay)
        body = b'{"status":"PROCEED"}'
        try:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except BrokenPipeError:
            pass

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Hook).serve_forever()
