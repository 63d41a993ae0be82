// Values in a link's fragment, which a browser never sends: #values=region:eu-west-1;cluster:shop
import { fault, fields, notice, ownValues, setValues } from "./values.js";

const plain = (text) => encodeURIComponent(text).replace(/%(?:2F|3A|40|2C)/g, decodeURIComponent);

/** This page's address with the values. */
export function linkWith(values) {
  const pairs = Object.entries(values).map(([name, value]) => `${name}:${plain(value)}`);
  return `${location.href.split("#")[0]}#values=${pairs.join(";")}`;
}

/** Show what the link brings, and ask whether to take it. */
export async function offer() {
  const text = location.hash.slice("#values=".length);
  const done = () => history.replaceState(history.state, "", location.href.split("#")[0]);
  let values;
  try {
    values = read(text, await fields());
  } catch (error) {
    notice(`Nothing was taken from this link. ${error.message}`, ["Close", done]);
    return;
  }
  const mine = ownValues();
  const news = Object.entries(values).filter(([name, value]) => mine[name] !== value);
  if (!news.length) {
    done();
    return;
  }
  const list = news.map(([name, value]) => `${name} ${value}`).join(", ");
  const use = () => {
    done();
    return setValues({ ...ownValues(), ...values });
  };
  const offered = `This link brings values: ${list}. They would stay in this browser.`;
  notice(offered, ["Use them", use], ["Leave them", done]);
}

function read(text, known) {
  const values = Object.create(null); // where __proto__ is a name like any other
  for (const pair of text.split(";").filter(Boolean)) {
    const [, name, value] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
    if (!name) throw new Error(`“${pair}” is not name:value.`);
    try {
      values[name] = decodeURIComponent(value);
    } catch {
      throw new Error(`${name}: “${value}” is cut off.`);
    }
  }
  for (const [name, value] of Object.entries(values)) {
    const wrong = fault(known, name, value, { ...ownValues(), ...values });
    if (wrong) throw new Error(wrong);
  }
  return values;
}
