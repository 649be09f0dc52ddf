/** Bytes of an es_check_record (engine_shim.h). By itself: a check begins to load TensorRT-RTX before it loads what reads them. */
export const checkRecordSize = 176;
