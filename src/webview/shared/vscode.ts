/** The side of a page that talks to the extension. What pages keep may have been kept by an older version: any shape. */
declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

export interface Extension<From, Kept> {
  send: (message: From) => void;
  kept: { [key in keyof Kept]?: unknown };
  keep: (state: Kept) => void;
}

/** Once a page: VS Code gives its interface out once. */
export function connect<From, To, Kept = never>(
  receive: (message: To) => void,
): Extension<From, Kept> {
  const vscode = acquireVsCodeApi();
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object' && data !== null && 'type' in data) receive(data as To);
  });
  const kept = vscode.getState();
  return {
    send: (message) => vscode.postMessage(message),
    kept: typeof kept === 'object' && kept !== null ? kept : {},
    keep: (state) => vscode.setState(state),
  };
}
