/** The writer of small ONNX models is in core, where the sample model of the walkthrough is made with it. */
export * from '../src/core/sample/onnxWriter';
