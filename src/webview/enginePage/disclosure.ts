/** A <details> whose state survives rendering and hiding. */
import { html, type TemplateResult } from 'lit';
import type { PageActions, PageState } from './state';

export function disclosure(
  state: PageState,
  actions: PageActions,
  id: string,
  summary: string,
  content: TemplateResult,
): TemplateResult {
  return html`
    <details
      data-details=${id}
      ?open=${state.open.has(id)}
      @toggle=${(event: Event) => actions.setOpen(id, (event.target as HTMLDetailsElement).open)}
    >
      <summary>${summary}</summary>
      ${content}
    </details>
  `;
}
