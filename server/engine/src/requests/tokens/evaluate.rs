//! Evaluates a template.

use std::rc::Rc;

use serde_json::Value as Json;

use super::Failure;
use super::format::Limited;
use super::functions::{self, Function};
use super::parser::{Base, Block, BlockKind, Command, Node, Operand, Pipeline};
use super::value::{Missing, Value};

/// What the templates of one document may still use.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    /// Bytes of texts, including intermediate ones.
    pub(super) bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 100_000, bytes: 1 << 20 }
    }
}

/// Evaluates a template with data.
pub(super) fn evaluate(
    template: &[Node<'_>],
    data: &Json,
    budget: &mut Budget,
) -> Result<String, Failure> {
    let mut evaluator = Evaluator { data, variables: Vec::new(), output: String::new(), budget };
    let dot = evaluator.data(".");
    evaluator.nodes(template, &dot)?;
    Ok(evaluator.output)
}

struct Evaluator<'t, 'd, 'b> {
    data: &'d Json,
    variables: Vec<(&'t str, Value<'d>)>,
    output: String,
    budget: &'b mut Budget,
}

const TOO_LONG: &str = "the text is too long";

impl<'t, 'd> Evaluator<'t, 'd, '_> {
    fn nodes(&mut self, nodes: &[Node<'t>], dot: &Value<'d>) -> Result<(), Failure> {
        let variables = self.variables.len();
        for node in nodes {
            match node {
                Node::Text(text) => {
                    self.step(0, text)?;
                    self.append(text).map_err(|message| failure(0, text, message))?;
                }
                Node::Print(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        self.print(&value, pipeline)?;
                    }
                }
                Node::Block(block) => {
                    let outer = self.variables.len();
                    self.block(block, dot)?;
                    self.variables.truncate(outer);
                }
            }
        }
        self.variables.truncate(variables);
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), &'static str> {
        self.budget.bytes = self.budget.bytes.checked_sub(text.len()).ok_or(TOO_LONG)?;
        self.output.push_str(text);
        Ok(())
    }

    fn print(&mut self, value: &Value<'d>, pipeline: &Pipeline<'t>) -> Result<(), Failure> {
        if let Value::Missing(missing) = value {
            return Err(unmatched(missing));
        }
        let mut text = Limited::new(&mut self.budget.bytes);
        let written = text.value(value);
        let text = text.into_text();
        let (position, source) = last_command(pipeline);
        written.map_err(|_| failure(position, source, TOO_LONG))?;
        self.output.push_str(&text);
        Ok(())
    }

    fn block(&mut self, block: &Block<'t>, dot: &Value<'d>) -> Result<(), Failure> {
        let value = self.pipeline(&block.pipeline, dot)?;
        match block.kind {
            BlockKind::Range => self.range(block, &value, dot),
            _ if !value.is_true() => self.nodes(&block.otherwise, dot),
            BlockKind::If => self.nodes(&block.body, dot),
            BlockKind::With => self.nodes(&block.body, &value),
        }
    }

    fn range(
        &mut self,
        block: &Block<'t>,
        value: &Value<'d>,
        dot: &Value<'d>,
    ) -> Result<(), Failure> {
        let items: Vec<(Value<'d>, &'d Json)> = match value {
            Value::Missing(_) => Vec::new(),
            Value::List(items) => {
                let numbers = (0..).map(Value::Integer);
                numbers.zip(items.iter()).collect()
            }
            Value::Map(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                members.into_iter().map(|(name, value)| (Value::Text(name), value)).collect()
            }
            other => {
                let (position, source) = last_command(&block.pipeline);
                let message = format!("range can't iterate over {}", other.kind());
                return Err(failure(position, source, message));
            }
        };
        if items.is_empty() {
            return self.nodes(&block.otherwise, dot);
        }
        let (position, source) = last_command(&block.pipeline);
        for (key, item) in items {
            self.step(position, source)?;
            let outer = self.variables.len();
            let item = Value::of(item).unwrap_or_else(|| missing(position, source, "nil data"));
            let values = match block.pipeline.variables.as_slice() {
                [_] => vec![item.clone()],
                _ => vec![key, item.clone()],
            };
            self.set(&block.pipeline, values)?;
            self.nodes(&block.body, &item)?;
            // Assigned variables are older.
            self.variables.truncate(outer);
        }
        Ok(())
    }

    /// Declares or assigns the variables of a pipeline.
    fn set(&mut self, pipeline: &Pipeline<'t>, values: Vec<Value<'d>>) -> Result<(), Failure> {
        for (name, value) in pipeline.variables.iter().zip(values) {
            if !pipeline.assigns {
                self.variables.push((name, value));
                continue;
            }
            let known = self.variables.iter_mut().rev().find(|(known, _)| known == name);
            let Some((_, known)) = known else {
                let (position, source) = last_command(pipeline);
                return Err(failure(position, source, format!("undefined variable: ${name}")));
            };
            *known = value;
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline<'t>, dot: &Value<'d>) -> Result<Value<'d>, Failure> {
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, dot, value)?);
        }
        let value = value.unwrap_or_else(|| missing(0, ".", "nil data"));
        // `range` sets its variables for each item.
        if pipeline.variables.len() == 1 {
            self.set(pipeline, vec![value.clone()])?;
        }
        Ok(value)
    }

    fn command(
        &mut self,
        command: &Command<'t>,
        dot: &Value<'d>,
        piped: Option<Value<'d>>,
    ) -> Result<Value<'d>, Failure> {
        let Command { function, operands, position, source } = command;
        self.step(*position, source)?;
        let Some(function) = function else {
            return match (operands.as_slice(), piped) {
                ([operand], None) => self.operand(operand, dot),
                _ => {
                    let message = format!("can't give argument to non-function {source}");
                    Err(failure(*position, source, message))
                }
            };
        };
        let mut arguments = Vec::new();
        for operand in operands {
            let value = self.operand(operand, dot)?;
            // `and` and `or` do not evaluate the arguments after the one that decides.
            let decides = match function {
                Function::And => !value.is_true(),
                Function::Or => value.is_true(),
                _ => false,
            };
            if decides {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(piped);
        functions::call(*function, &arguments, command, self.budget)
    }

    fn operand(&mut self, operand: &Operand<'t>, dot: &Value<'d>) -> Result<Value<'d>, Failure> {
        let Operand { base, fields, position, source } = operand;
        self.step(*position, source)?;
        let mut value = match base {
            Base::Dot => dot.clone(),
            Base::Variable("") => self.data(source),
            Base::Variable(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                let message = || format!("undefined variable: ${name}");
                known.ok_or_else(|| failure(*position, source, message()))?.1.clone()
            }
            Base::Text(text) => {
                let left = self.budget.bytes.checked_sub(text.len());
                self.budget.bytes = left.ok_or_else(|| failure(*position, source, TOO_LONG))?;
                Value::Created(text.as_str().into())
            }
            Base::Integer(value) => Value::Integer(*value),
            Base::Float(value) => Value::Float(*value),
            Base::Bool(value) => Value::Bool(*value),
            Base::Nil => missing(*position, source, "nil data"),
            Base::Group(pipeline) => {
                let outer = self.variables.len();
                let value = self.pipeline(pipeline, dot)?;
                self.variables.truncate(outer);
                value
            }
        };
        for field in fields {
            value = match value {
                Value::Map(members) => {
                    let message = || format!("map has no entry for key {field:?}");
                    let member = members.get(*field).and_then(Value::of);
                    member.unwrap_or_else(|| missing(*position, source, &message()))
                }
                Value::Missing(missing) => Value::Missing(missing),
                other => {
                    let message = format!("can't evaluate field {field} in type {}", other.kind());
                    return Err(failure(*position, source, message));
                }
            };
        }
        Ok(value)
    }

    fn data(&self, source: &str) -> Value<'d> {
        Value::of(self.data).unwrap_or_else(|| missing(0, source, "nil data"))
    }

    fn step(&mut self, position: usize, source: &str) -> Result<(), Failure> {
        let left = self.budget.steps.checked_sub(1);
        self.budget.steps = left.ok_or_else(|| failure(position, source, "too many steps"))?;
        Ok(())
    }
}

/// Position and source of the command that gives the value of a pipeline.
fn last_command<'t>(pipeline: &Pipeline<'t>) -> (usize, &'t str) {
    pipeline.commands.last().map_or((0, ""), |command| (command.position, command.source))
}

/// Longest part of a template in a message, in characters.
const MAX_SOURCE: usize = 200;

pub(super) fn failure(position: usize, source: &str, message: impl Into<String>) -> Failure {
    let source = source.chars().take(MAX_SOURCE).collect();
    Failure { position, source, is_unmatched: false, message: message.into() }
}

pub(super) fn missing<'d>(position: usize, source: &str, message: &str) -> Value<'d> {
    let source = source.chars().take(MAX_SOURCE).collect();
    Value::Missing(Rc::new(Missing { position, source, message: message.to_owned() }))
}

pub(super) fn unmatched(missing: &Missing) -> Failure {
    let Missing { position, source, message } = missing;
    let (source, message) = (source.clone(), message.clone());
    Failure { position: *position, source, is_unmatched: true, message }
}
