/** Overview, Tensors, Layers, Run: one tab stop, arrow keys move, what is focused is shown. */
import { html, nothing, type TemplateResult } from 'lit';
import { type PageTab, pageTabs } from '../../../core/pages/pageMessages';
import type { PageActions, PageState } from '../state';
import { strings } from '../strings';

export function tabBar(state: PageState, actions: PageActions): TemplateResult {
  const onKey = (event: KeyboardEvent) => {
    const next = tabForKey(event.key, state.tab);
    if (next === null) return;
    event.preventDefault();
    actions.showTab(next);
    const bar = event.currentTarget as HTMLElement;
    bar.querySelector<HTMLElement>(`[data-tab=${next}]`)?.focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${strings.tabs} @keydown=${onKey}>
      ${pageTabs.map(
        (tab) =>
          html`<button
            type="button"
            role="tab"
            id="tab-${tab}"
            data-tab=${tab}
            aria-selected=${tab === state.tab}
            aria-controls=${tab === state.tab ? 'tab-panel' : nothing}
            tabindex=${tab === state.tab ? 0 : -1}
            @click=${() => actions.showTab(tab)}
          >
            ${strings.tab[tab]}
          </button>`,
      )}
    </div>
  `;
}

function tabForKey(key: string, current: PageTab): PageTab | null {
  const at = pageTabs.indexOf(current);
  const around = (step: number) => pageTabs[(at + step + pageTabs.length) % pageTabs.length]!;
  switch (key) {
    case 'ArrowRight':
      return around(1);
    case 'ArrowLeft':
      return around(-1);
    case 'Home':
      return pageTabs[0];
    case 'End':
      return pageTabs[pageTabs.length - 1]!;
    default:
      return null;
  }
}
