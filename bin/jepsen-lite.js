#!/usr/bin/env node
/**
 * The launcher of jepsen-lite. It is CommonJS, as the other one in this folder is, so that it also
 * runs, and says what is missing, on a Node that is too old or before anything is built.
 */
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

/** Of the harness: whatever goes wrong here is no verdict. */
const harnessFailed = 255;
const main = join(__dirname, '..', 'build', 'jepsen-lite', 'cli', 'main.js');
const [major, minor, patch] = process.versions.node.split('.').map(Number);

if (major * 1e6 + minor * 1e3 + patch < 20_018_001) {
  console.error(`jepsen-lite needs Node 20.18.1 or newer; this is ${process.versions.node}.`);
  process.exitCode = harnessFailed;
} else if (!existsSync(main)) {
  console.error(`jepsen-lite is not built: run \`make build\` in ${join(__dirname, '..')} first.`);
  process.exitCode = harnessFailed;
} else {
  process.setSourceMapsEnabled(true);
  import(pathToFileURL(main).href).then(
    ({ main }) => main(),
    (error) => {
      console.error(error);
      process.exitCode = harnessFailed;
    },
  );
}
