#!/usr/bin/env node
/**
 * The launcher. It is CommonJS on purpose: libuv reads UV_THREADPOOL_SIZE once, when its first
 * file job starts, and Node loads the entry point of an ES module through exactly such a job. By
 * the time the first line of an ES module runs, the pool already has its default of four threads;
 * this file is read synchronously, before there is a pool. Background file work would otherwise
 * stand in front of the durable log.
 */
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

process.env.UV_THREADPOOL_SIZE ??= '16';

const main = join(__dirname, '..', 'build', 'src', 'cli', 'main.js');
const [major, minor, patch] = process.versions.node.split('.').map(Number);

if (major * 1e6 + minor * 1e3 + patch < 20_018_001) {
  console.error(`kvorum needs Node 20.18.1 or newer; this is ${process.versions.node}.`);
  process.exitCode = 1;
} else if (!existsSync(main)) {
  console.error(`kvorum is not built yet: run \`make build\` in ${join(__dirname, '..')} first.`);
  process.exitCode = 1;
} else {
  // No measurable cost at start; a stack is translated only when somebody reads it.
  process.setSourceMapsEnabled(true);
  import(pathToFileURL(main).href).then(({ main }) => main());
}
