/**
 * The report as one HTML file: style, script and data are inside, nothing is fetched, and the
 * page's own policy forbids it. The scripts are modules on disk, so that each has one idea and can
 * be tested alone; a page opened from a file cannot import, so they are joined here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinModules } from './join-modules.js';
import type { ReportData } from './report-data.js';

/** The compiler leaves them where they are. */
const pageFolder = join(import.meta.dirname, '..', '..', '..', 'jepsen-lite', 'report', 'page');

export function reportPage(data: ReportData): string {
  const title = `${data.outcome.title}: ${data.name}`;
  const main = '<noscript>This report is drawn by a script.</noscript>';
  const json = forScript(JSON.stringify(data));
  const script = `<script id="data" type="application/json">${json}</script>
<script>${joinModules('main.js', read)}</script>`;
  return htmlPage(title, main, script);
}

export function htmlPage(title: string, main: string, script = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>
${read('style.css')}</style>
</head>
<body>
<main id="page">${main}</main>
${script}
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** No value of a history can end the element that it stands in. */
function forScript(json: string): string {
  return json.replaceAll('<', '\\u003c');
}

function read(name: string): string {
  return readFileSync(join(pageFolder, name), 'utf8');
}
