/** Makes the report of a run's folder, from its files alone: as often as one likes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportData } from './report-data.js';
import { reportPage } from './report-page.js';
import { readRunFolder } from './results.js';

/** Its path. Throws a `ResultsError` when the folder holds no run. */
export function writeReport(folder: string): string {
  const path = join(folder, 'report.html');
  writeFileSync(path, makeReport(folder));
  return path;
}

export function makeReport(folder: string): string {
  return reportPage(reportData(readRunFolder(folder)));
}
