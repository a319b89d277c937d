/** What a node answers to the questions of `kvorum status`. */
export const nodesBody = {
  node: 1,
  cluster: 'shop',
  version: '0.1.0',
  nodes: [
    {
      node: 1,
      self: true,
      zone: '1',
      weight: 1,
      http_address: '127.0.0.1:8401',
      peer_address: '127.0.0.1:9401',
      connected: true,
      version: '0.1.0',
      round_trip_ms: null,
      queued_bytes: null,
      dropped_messages: null,
      last_error: null,
    },
    {
      node: 2,
      self: false,
      zone: 'b',
      weight: 1,
      http_address: null,
      peer_address: '127.0.0.1:9402',
      connected: false,
      version: null,
      round_trip_ms: 1.5,
      queued_bytes: 0,
      dropped_messages: 0,
      last_error: 'connection refused',
    },
  ],
};

const voter = { role: 'voter', progress: null, snapshot: null };
const progress = { state: 'replicate', match: 9, lag: 0, active: true };

export const shardsBody = {
  node: 1,
  shards: [
    {
      shard: 1,
      range: { start: 0, end: 2_147_483_648 },
      epoch: { range: 1, members: 1 },
      members: [
        { ...voter, node: 1, replica: 1 },
        { ...voter, node: 2, replica: 2, progress: { ...progress, active: false } },
        { ...voter, node: 3, replica: 3, role: 'learner', progress: { ...progress, lag: 120 } },
      ],
      changing: false,
      leader: 1,
      replica: {
        replica: 1,
        role: 'leader',
        term: 4,
        leader: 1,
        first_index: 1,
        last_index: 9,
        commit: 9,
        applied: 9,
        durable: 9,
        revision: 7,
        behind_tail: false,
        quorum_active: true,
        voter: true,
        quiet: true,
        installing: false,
        damaged: false,
        snapshot: null,
      },
    },
    {
      shard: 2,
      range: { start: 2_147_483_648, end: 4_294_967_296 },
      epoch: { range: 1, members: 1 },
      members: [
        { ...voter, node: 2, replica: 1 },
        { ...voter, node: 4, replica: 2, role: 'incoming' },
      ],
      changing: true,
      leader: null,
      replica: null,
    },
  ],
};

export const readyBody = {
  status: 'ready',
  node: 1,
  failing: [],
  shards_without_majority: [],
  checks: [{ name: 'shards', ok: true, detail: 'all have a leader' }],
};
