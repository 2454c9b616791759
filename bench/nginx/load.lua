-- The last line of wrk's output is what it saw, as JSON.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"requestsPerSecond":%.1f,"p50Micros":%d,"p99Micros":%d,"errors":%d,"clientMicros":%d}\n',
    summary.requests, summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout, os.clock() * 1e6))
end
