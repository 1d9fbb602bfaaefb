// What a reload must not lose: who one is, which chat is open, what was begun to be written.

const kept = read();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem("sandbox")) ?? {};
  } catch {
    return {};
  }
}

export const recall = (name, otherwise) => kept[name] ?? otherwise;

export function keep(name, value) {
  kept[name] = value;
  sessionStorage.setItem("sandbox", JSON.stringify(kept));
}
