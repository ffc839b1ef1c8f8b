// Fills {tags} with docxtemplater: a count a line, the seconds in answer.
const fs = require("fs");
const readline = require("readline");
const { createRequire } = require("module");
const load = createRequire(process.argv[2] + "/");
const PizZip = load("pizzip");
const Docxtemplater = load("docxtemplater");

const content = fs.readFileSync(process.argv[3]);
const data = JSON.parse(fs.readFileSync(process.argv[4], "utf-8"));

function fill(row) {
  const document = new Docxtemplater(new PizZip(content), { linebreaks: true });
  document.render(row);
  return document.getZip().generate({ type: "nodebuffer", compression: "DEFLATE" });
}

console.log("ready");
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const count = parseInt(line, 10);
  if (count === 0) {
    console.log(fill(data[1]).toString("base64"));
    return;
  }
  const started = process.hrtime.bigint();
  for (let i = 0; i < count; i++) fill(data[i % data.length]);
  console.log(Number(process.hrtime.bigint() - started) / 1e9);
});
