/** The Overview: everything the header and the runtime's answer tell. Later tabs stand beside it, under the verdict. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EngineReport } from '../../core/report/engineReport';
import { comparisonSection } from './sections/comparison';
import { fileSection } from './sections/file';
import { headerSection } from './sections/header';
import { logSection } from './sections/log';
import { reasonsSection } from './sections/reasons';
import { runsOnSection } from './sections/runsOn';
import type { PageActions, PageState } from './state';

export function overview(
  state: PageState,
  report: EngineReport,
  actions: PageActions,
): TemplateResult {
  return html`
    ${reasonsSection(state, report, actions)}
    ${
      // This machine is a row of the targets then.
      report.lead === 'targets' && state.targets ? nothing : comparisonSection(report)
    }
    <div class="columns">
      <div>${runsOnSection(report, actions)} ${fileSection(state, report, actions)}</div>
      <div>${headerSection(state, report, actions)}</div>
    </div>
    ${logSection(state, report, actions)}
  `;
}
