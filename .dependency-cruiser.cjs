/**
 * Knowledge runs one way: raft/core <- raft <- kv <- http <- cli. `test/layers.test.ts` plants one
 * violation of each rule and checks that it is reported.
 */
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'Files that need each other are one idea cut in two.',
      { path: '^src/' },
      { circular: true },
    ),
    forbid(
      'core-is-alone',
      'The consensus core imports nothing outside itself, node: modules and packages included.',
      { path: '^src/raft/core/' },
      { pathNot: '^src/raft/core/' },
    ),
    forbid(
      'raft-knows-no-layer-above',
      'Raft replicates bytes; it knows neither keys nor HTTP.',
      { path: '^src/raft/' },
      { path: '^src/(?!raft/)' },
    ),
    forbid(
      'kv-knows-no-http',
      'The key-value node is driven by HTTP and by the simulator alike.',
      { path: '^src/kv/' },
      { path: '^src/(http|cli|client)/' },
    ),
    forbid(
      'http-knows-no-cli',
      'The server runs without the command line.',
      { path: '^src/http/' },
      { path: '^src/(cli|client)/' },
    ),
    forbid(
      'client-is-alone',
      'The client speaks HTTP; it shares no code with the server.',
      { path: '^src/client/' },
      { path: '^src/(?!client/)' },
    ),
    forbid(
      'src-knows-no-test',
      'What is shipped never needs what tests it.',
      { path: '^src/' },
      { path: '^(test|jepsen-lite|bench)/' },
    ),
    forbid(
      'jepsen-lite-is-a-black-box',
      'It judges any product over HTTP; what it shared with one it could not judge.',
      { path: '^jepsen-lite/' },
      { path: '^(src|test|bench)/' },
    ),
    forbid(
      'checker-runs-anywhere',
      'The checker is a library over histories: no cluster, no files, no report.',
      { path: '^jepsen-lite/(checker|history)/' },
      { path: '^jepsen-lite/(?!checker/|history/)' },
    ),
    forbid(
      'no-development-packages-in-src',
      'What is shipped runs with `npm ci --omit=dev`.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    forbid(
      'resolvable',
      'An import that leads nowhere hides from every other rule.',
      {},
      { couldNotResolve: true },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type imports are knowledge too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    progress: { type: 'none' },
  },
};
