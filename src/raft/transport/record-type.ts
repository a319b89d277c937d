/**
 * The first byte of every record. The numbers are the wire format: never give one a new meaning,
 * raise the protocol version instead.
 */
export const RecordType = {
  append: 1,
  appendResponse: 2,
  preVote: 3,
  preVoteResponse: 4,
  vote: 5,
  voteResponse: 6,
  timeoutNow: 7,
  readIndex: 8,
  readIndexResponse: 9,
  heartbeats: 10,
  heartbeatResponses: 11,
  // 12 was "behind the tail" in protocol version 1.
  snapshot: 13,
  gone: 14,
  request: 16,
  response: 17,
  requestFailed: 18,
  leaving: 19,
  ping: 24,
  pong: 25,
  proof: 32,
  welcome: 33,
  refused: 34,
} as const;
