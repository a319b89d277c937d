/** The page that lists past runs. */
import { escapeHtml, htmlPage } from './report-page.js';
import type { RunSummary } from './run-list.js';

export function listPage(folder: string, runs: readonly RunSummary[]): string {
  const table =
    runs.length === 0
      ? '<p>No run is here yet. Begin with <code>jepsen-lite run --start 3 --time 30s</code>.</p>'
      : `<div class="scroll"><table class="runs">
<thead><tr><th>verdict</th><th>run</th><th>workloads</th>
<th>faults</th><th>command</th></tr></thead>
<tbody>
${runs.map(row).join('\n')}
</tbody></table></div>`;
  const main = `<section><h1>Runs</h1>
<p class="hint">In ${escapeHtml(folder)}, newest first.</p>
${table}</section>`;
  return htmlPage('Runs of jepsen-lite', main);
}

function row({ name, results, outcome }: RunSummary): string {
  const workloads = (results?.workloads ?? [])
    .map((one) => `${escapeHtml(one.name)} (${one.verdict.validity})`)
    .join(', ');
  const faults = (results?.faults ?? [])
    .map((fault) => `${escapeHtml(fault.name)} ${fault.count}×`)
    .join(', ');
  return `<tr><td><span class="badge ${outcome.state}" title="${escapeHtml(outcome.sentence)}">\
${escapeHtml(outcome.title.toLowerCase())}</span></td>\
<td><a href="/runs/${encodeURIComponent(name)}/">${escapeHtml(name)}</a></td>\
<td>${workloads || '–'}</td><td>${faults || 'none'}</td>\
<td><code>${escapeHtml(results?.command ?? '–')}</code></td></tr>`;
}
