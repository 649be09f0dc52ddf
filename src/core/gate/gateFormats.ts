/** Names of formats: apart, because the command line's help needs them and no more. */
export const gateFormats = [
  'text',
  'json',
  'ndjson',
  'sarif',
  'junit',
  'github',
  'csv',
  'markdown',
] as const;
export type GateFormat = (typeof gateFormats)[number];
