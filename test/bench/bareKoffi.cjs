/** The least that a Node script can do to have TensorRT-RTX in its process: node bareKoffi.cjs LIBRARY */
const koffi = require('koffi');

const library = koffi.load(process.argv[2]);
const version = library.func('int32_t getInferLibVersion()');
console.log(version());
