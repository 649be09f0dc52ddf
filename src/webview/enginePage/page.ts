/** The whole page as a function of its state. */
import { html, nothing, type TemplateResult } from 'lit';
import { assertNever } from '../../core/text/assertNever';
import { formatTime } from './format';
import { layersTab } from './inspect/layersTab';
import { tensorsTab } from './inspect/tensorsTab';
import { overview } from './overview';
import { runTab } from './run/runTab';
import { titleSection } from './sections/title';
import { targetsLead, targetsSection } from './sections/targets';
import { verdictSection } from './sections/verdict';
import type { EngineReport } from '../../core/report/engineReport';
import type { PageActions, PageState } from './state';
import { strings } from './strings';
import { tabBar } from './tabs/tabBar';

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
    ${
      report
        ? html`${tabBar(state, actions)}
            <div
              class="tab-panel"
              id="tab-panel"
              role="tabpanel"
              data-panel=${state.tab}
              aria-labelledby="tab-${state.tab}"
            >
              ${panel(state, report, actions)}
            </div>`
        : nothing
    }
  `;
}

function panel(state: PageState, report: EngineReport, actions: PageActions): TemplateResult {
  switch (state.tab) {
    case 'overview':
      return html`
        ${
          report.lead === 'targets' && state.targets
            ? targetsLead(state, report, state.targets, actions)
            : verdictSection(state, report, actions)
        }
        ${state.targets ? targetsSection(state, report, state.targets, actions) : nothing}
        ${overview(state, report, actions)}
      `;
    case 'tensors':
      return tensorsTab(state, actions);
    case 'layers':
      return layersTab(state, actions);
    case 'run':
      return runTab(state, actions);
    default:
      return assertNever(state.tab);
  }
}
