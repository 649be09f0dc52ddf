/** The answer first: a sentence, why, what to do, and in small print who was asked and when. */
import { html, nothing, type TemplateResult } from 'lit';
import { isAdvice, offeredAs } from '../../../core/report/advice';
import type { EngineReport, Remedy } from '../../../core/report/engineReport';
import { underHeadline } from '../../../core/report/underHeadline';
import { formatTime } from '../format';
import { severityIcon } from '../../shared/icon';
import { restrictedNote } from '../restrictedNote';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';
import { reasonsList } from './reasons';

/** One primary button and at most two more; the rest is behind "Other Fixes…". */
const shownRemedies = 3;

export function verdictSection(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult {
  const { text, list } = underHeadline(report);
  return html`
    <section class="verdict severity-${report.severity}" aria-labelledby="headline">
      <div class="verdict-icon">${severityIcon(report.severity)}</div>
      <div class="verdict-text">
        <h2 id="headline">
          <span class="visually-hidden">${strings.severity[report.severity]}</span>
          <bdi>${report.headline}</bdi>
        </h2>
        ${reasonsList(report, list, actions)}
        ${text === '' ? nothing : html`<p class="summary"><bdi>${text}</bdi></p>`}
        ${remedies(state, report, actions)} ${changesLine(state)} ${smallPrint(state, report)}
      </div>
    </section>
    ${state.trusted ? nothing : restrictedNote(strings.restricted, actions)}
  `;
}

function remedies(
  { trusted }: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult | typeof nothing {
  const preferred = report.remedies.find((remedy) => remedy.preferred);
  const inOrder = preferred
    ? [preferred, ...report.remedies.filter((remedy) => remedy !== preferred)]
    : report.remedies;
  const advice = inOrder.filter(isAdvice);
  const buttons = inOrder.filter((remedy) => !isAdvice(remedy));
  const detail = preferred && !isAdvice(preferred) ? offeredAs(preferred, trusted).detail : null;
  return html`
    ${advice.map((one) => html`<p class="advice"><bdi>${one.detail}</bdi></p>`)}
    ${buttons.length > 0 ? remedyButtons(buttons, trusted, actions) : nothing}
    ${detail === null ? nothing : html`<p class="remedy-detail"><bdi>${detail}</bdi></p>`}
  `;
}

function remedyButtons(
  buttons: readonly Remedy[],
  trusted: boolean,
  actions: PageActions,
): TemplateResult {
  return html`
    <div class="remedies" role="group" aria-label=${strings.fixes}>
      ${buttons.slice(0, shownRemedies).map((remedy) => remedyButton(remedy, trusted, actions))}
      ${
        buttons.length > shownRemedies
          ? html`<vscode-button
              secondary
              data-action="fix"
              @click=${() => actions.send({ type: 'fix' })}
              >${strings.otherFixes}</vscode-button
            >`
          : nothing
      }
    </div>
  `;
}

function remedyButton(remedy: Remedy, trusted: boolean, actions: PageActions): TemplateResult {
  const { title, detail } = offeredAs(remedy, trusted);
  return html`<vscode-button
    ?secondary=${!remedy.preferred}
    title=${detail}
    data-remedy=${remedy.id}
    @click=${() => actions.send({ type: 'remedy', id: remedy.id })}
    >${title}</vscode-button
  >`;
}

export function changesLine({ changes: changed, now }: PageState): TemplateResult | typeof nothing {
  if (changed === null) return nothing;
  return html`<p class="changes">
    <strong>${strings.changedSince(formatTime(changed.since, now))}</strong>
    <bdi>${changed.sentence}</bdi>
  </p>`;
}

function smallPrint(state: PageState, report: EngineReport): TemplateResult {
  const checked = new Date(report.checkedAt);
  return html`
    <p class="small-print">
      ${report.asked ? html`<bdi>${report.asked}</bdi>` : nothing}
      <time datetime=${checked.toISOString()}
        >${strings.checkedAt(formatTime(report.checkedAt, state.now))}</time
      >
    </p>
    ${
      report.enumNames.length > 0
        ? html`<details class="codes">
            <summary>${strings.details}</summary>
            <span class="enum-names">${report.enumNames.join(' · ')}</span>
          </details>`
        : nothing
    }
  `;
}
