/** The whole page as a function of its state. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatTime } from './format';
import { overview } from './overview';
import { titleSection } from './sections/title';
import { verdictSection } from './sections/verdict';
import type { PageActions, PageState } from './state';
import { strings } from './strings';

export function page(state: PageState, actions: PageActions): TemplateResult {
  const report = state.report;
  return html`
    <div class="visually-hidden" role="status">
      ${
        report
          ? strings.announced(report.headline, formatTime(report.checkedAt, state.now))
          : nothing
      }
    </div>
    ${report || state.waiting ? titleSection(state, actions) : nothing}
    ${
      state.waiting
        ? html`<vscode-progress-bar
            class="waiting-bar"
            indeterminate
            aria-label=${state.waiting.sentence || strings.waiting}
          ></vscode-progress-bar>`
        : nothing
    }
    ${
      state.waiting && !report
        ? html`<p class="waiting" role="status">${state.waiting.sentence || strings.waiting}</p>`
        : nothing
    }
    ${report ? html`${verdictSection(state, report, actions)} ${overview(state, report, actions)}` : nothing}
  `;
}
