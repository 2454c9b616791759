/** `LogRecord.event_name` of every kind of log record there is. */
export const EVENT_NAMES = {
  accepted: 'tcpaccept.connection.accepted',
  summarized: 'tcpaccept.connections.summarized',
  lost: 'tcpaccept.records.lost',
  listener: 'tcpaccept.listener',
} as const;

/** The attribute of a summary that says how many accepts it counts. */
export const SUMMARY_COUNT = 'tcpaccept.summary.count';
