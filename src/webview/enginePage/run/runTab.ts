/** The Run tab: inputs, budget, run, results. */
import { html, type TemplateResult } from 'lit';
import type { PageActions, PageState } from '../state';

export function runTab(state: PageState, actions: PageActions): TemplateResult {
  void [state, actions];
  return html``;
}
