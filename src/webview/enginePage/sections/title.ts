/** File name, folder, size, age; and the quiet actions that always apply. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatBytes } from '../../../core/text/formats';
import { plainText } from '../../../core/text/plainText';
import { formatChanged, formatTime, splitPath } from '../format';
import { quietButton } from '../../shared/quietButton';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';

export function titleSection(state: PageState, actions: PageActions): TemplateResult {
  const report = state.report;
  // A report's name is printable already; the name of a file that is waited for comes as it is.
  const file = report?.file ?? plainText(state.waiting?.file ?? '');
  const { name, folder } = splitPath(file);
  const facts: TemplateResult[] = [];
  if (report && report.size !== null) facts.push(html`<span>${formatBytes(report.size)}</span>`);
  if (report && report.modified !== null) {
    const exact = formatTime(report.modified, Number.NEGATIVE_INFINITY);
    facts.push(html`<span title=${exact}>${formatChanged(report.modified, state.now)}</span>`);
  }
  return html`
    <header class="title">
      <div class="title-text">
        <h1 title=${file}><bdi>${name || strings.waitingNoFile}</bdi></h1>
        <div class="facts">
          ${folder ? html`<span class="folder" title=${folder}><bdi>${folder}</bdi></span>` : nothing}
          ${facts}
        </div>
      </div>
      ${report ? quietActions(state, actions) : nothing}
    </header>
  `;
}

function quietActions(state: PageState, actions: PageActions): TemplateResult {
  const checking = state.waiting !== null;
  return html`
    <div class="actions" role="group" aria-label=${strings.actions}>
      ${quietButton('check', 'refresh', checking ? strings.checkingAgain : strings.checkAgain, () => actions.send({ type: 'check' }), checking)}
      ${quietButton('chooseRuntime', 'versions', strings.chooseRuntime, () => actions.send({ type: 'chooseRuntime' }))}
      ${quietButton('copyReport', 'copy', strings.copyReport, () => actions.send({ type: 'copyReport' }))}
      ${quietButton('showLog', 'output', strings.showLog, () => actions.send({ type: 'showLog' }))}
    </div>
  `;
}
