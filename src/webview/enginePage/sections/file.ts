/** Facts of the file, and its SHA-256 when it is asked for. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport, FileFactRow } from '../../../core/report/engineReport';
import type { HashState } from '../../../core/pages/pageMessages';
import { formatBytes } from '../../../core/text/formats';
import { icon } from '../../shared/icon';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';

export function fileSection(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  const hashable = report.size !== null && report.size > 0 && report.kind !== 'unreadable';
  // A report made with the sum tells it as a row; while the page has more to say about the sum, its own row stands.
  const isSum = (row: FileFactRow) => row.label === strings.sha256;
  const reportTells = state.hash.state === 'none' && report.fileRows.some(isSum);
  const showsHash = hashable && !reportTells;
  const rows = showsHash ? report.fileRows.filter((row) => !isSum(row)) : report.fileRows;
  if (rows.length === 0 && !showsHash) return nothing;
  return html`
    <section aria-labelledby="file-heading">
      <h2 id="file-heading">${strings.file}</h2>
      <table class="facts-table" aria-labelledby="file-heading">
        <tbody>
          ${rows.map(
            (row) => html`
              <tr>
                <th scope="row"><bdi class="clamped" title=${row.label}>${row.label}</bdi></th>
                <td><bdi class="clamped" title=${row.value}>${row.value}</bdi></td>
              </tr>
            `,
          )}
          ${
            showsHash
              ? html`<tr class="hash">
                  <th scope="row">${strings.sha256}</th>
                  <td>${hashCell(state.hash, actions)}</td>
                </tr>`
              : nothing
          }
        </tbody>
      </table>
    </section>
  `;
}

function hashCell(hash: HashState, actions: PageActions): TemplateResult {
  switch (hash.state) {
    case 'none':
      return computeButton(strings.computeHash, actions);
    case 'running':
      return html`
        <div class="hash-running">
          <span
            >${strings.hashProgress(formatBytes(hash.doneBytes), formatBytes(hash.totalBytes))}</span
          >
          <button
            class="link"
            type="button"
            data-action="cancelHash"
            aria-label=${strings.cancelHash}
            @click=${() => actions.send({ type: 'cancelHash' })}
          >
            ${strings.cancel}
          </button>
          <vscode-progress-bar
            aria-label=${strings.hashProgressName}
            .value=${hash.doneBytes}
            .max=${Math.max(1, hash.totalBytes)}
          ></vscode-progress-bar>
        </div>
      `;
    case 'done':
      return html`
        <code class="sum">${hash.sha256}</code>
        ${comparedWithRecorded(hash.sha256, hash.recorded)}
      `;
    case 'failed':
      return html`
        <p class="with-icon">${icon('error', 'tone-error')}<bdi>${hash.sentence}</bdi></p>
        ${computeButton(strings.computeHashAgain, actions)}
      `;
  }
}

function computeButton(text: string, actions: PageActions): TemplateResult {
  return html`<button
    class="link"
    type="button"
    data-action="computeHash"
    title=${strings.computeHashTitle}
    aria-label="${text}: ${strings.sha256}"
    @click=${() => actions.send({ type: 'computeHash' })}
  >
    ${text}
  </button>`;
}

function comparedWithRecorded(sha256: string, recorded: string | null): TemplateResult {
  if (recorded === null) return html`<p class="quiet-text">${strings.hashNothingRecorded}</p>`;
  if (recorded.toLowerCase() === sha256.toLowerCase()) {
    return html`<p class="with-icon">
      ${icon('pass', 'tone-ok')}<span>${strings.hashMatches}</span>
    </p>`;
  }
  return html`
    <p class="with-icon">${icon('error', 'tone-error')}<span>${strings.hashDiffers}</span></p>
    <p class="quiet-text">${strings.hashRecorded}</p>
    <code class="sum">${recorded}</code>
  `;
}
