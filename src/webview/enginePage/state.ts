/** What the page holds besides the report: what the user selected and opened, and which wait is on. */
import type { EngineReport, HeaderFieldId } from '../../core/report/engineReport';
import type {
  FromPage,
  HashState,
  InspectState,
  LayersState,
  OnnxState,
  PageTab,
  PickedInput,
  RunState,
} from '../../core/pages/pageMessages';
import type { ReportChanges } from '../../core/report/reportChanges';
import type { RunReport } from '../../core/run/runReport';
import type { TargetsView } from '../../core/pages/targetsView';
import type { LayersView } from './inspect/layersModel';

export interface PageState {
  report: EngineReport | null;
  /** null: nothing changed while the page was open. */
  changes: ReportChanges | null;
  targets: TargetsView | null;
  /** The target whose row is open. */
  openTarget: string | null;
  /** Boards that are ticked for the first choice; null: as suggested. */
  boards: ReadonlySet<string> | null;
  trusted: boolean;
  hash: HashState;
  tab: PageTab;
  inspect: InspectState;
  layers: LayersState;
  onnx: OnnxState;
  run: RunState;
  layersView: LayersView;
  /** Optimization profile that the Tensors tab shows. */
  profile: number;
  /** Newest first. */
  runs: readonly RunReport[];
  /** Bytes; null: not asked yet. */
  freeMemory: { free: number | null; total: number | null } | null;
  /** The last answers, by the input's name. */
  pickedInputs: ReadonlyMap<string, PickedInput>;
  /** What the Run tab remembers, of its own making (run/); kept with the page, so it must survive structured cloning. */
  runForm: unknown;
  /** Set only when a wait has lasted long enough to be worth showing. */
  waiting: { file: string; sentence: string } | null;
  /** The field the keyboard or a click chose; it stays until another is chosen. */
  selectedField: HeaderFieldId | null;
  /** The field under the pointer; it wins while it lasts. */
  hoveredField: HeaderFieldId | null;
  /** Ids of the <details> that are open. */
  open: ReadonlySet<string>;
  now: number;
}

export interface PageActions {
  openTarget(id: string | null): void;
  chooseBoards(boards: ReadonlySet<string>): void;
  send(message: FromPage): void;
  selectField(field: HeaderFieldId | null): void;
  hoverField(field: HeaderFieldId | null): void;
  /** Selects a field, brings it into view and gives it the focus. */
  goToField(field: HeaderFieldId): void;
  setOpen(id: string, open: boolean): void;
  showTab(tab: PageTab): void;
  setLayersView(change: Partial<LayersView>): void;
  /** Chooses a layer and brings its row into view; clears the filter where that hides it. */
  showLayer(index: number): void;
  setProfile(profile: number): void;
  /** Renders again and keeps it. */
  setRunForm(form: unknown): void;
  /** Forgets the answer about that input's file. */
  forgetPickedInput(name: string): void;
}

/** What survives hiding the page: kept in the webview's own state. */
export interface KeptState {
  scrollTop: number;
  selectedField: HeaderFieldId | null;
  open: string[];
  tab: PageTab;
  selectedLayer: number | null;
  runForm: unknown;
}
